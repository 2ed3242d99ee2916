import looked
from nets import fourth

fourth.compile(looked.asked(0.1), loss="mse")
print(getattr(looked, "asked"))
