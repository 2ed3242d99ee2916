from tf2ms_runtime import MeanSquaredError, Trainer

class Runner:
    def fit(self, net, opt, x, y):
        trainer = Trainer(net, optimizer=opt, loss_fn=MeanSquaredError())
        return trainer.fit(x, y)
