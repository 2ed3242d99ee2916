"""What the files of a run have to do with each other: functions that return an optimizer, and who calls them."""
