from registry import shared


@shared
def other(rate):
    return rate
