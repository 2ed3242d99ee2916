import middle


class Below(middle.Middle):
    def configure(self, rate):
        return "adam"
