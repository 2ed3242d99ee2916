from fitting import compiled as train
