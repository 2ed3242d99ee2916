from base import Base as Above


class Middle(Above):
    pass
