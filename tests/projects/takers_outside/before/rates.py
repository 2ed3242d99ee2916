def halve(anything):
    anything.optimizer.learning_rate.assign(anything.optimizer.learning_rate * 0.5)


def slow(rule, value):
    rule.learning_rate = value
