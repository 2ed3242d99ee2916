import agents
from agents import Compiled
from agents.taped import Slowed

taped = agents.Taped(first)
taped.step(features, targets)
taped.model = second
slowed = Slowed(first)
slowed.slow.learning_rate = 1e-4
fitted = Compiled()
fitted.model.evaluate(features, targets)
