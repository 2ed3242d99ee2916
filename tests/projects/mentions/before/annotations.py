import optim
from nets import net
from optim import annotated


def use(first: annotated, *, second: "annotated" = None, third: dict[str, optim.annotated] = None) -> annotated:
    fourth: annotated | None = None
    net.compile(annotated(0.1), loss="mse")
