from tables import USED

make = USED["adamax"]
model.compile(make(0.1), loss="mse")
