"""Where bars come from: from the words of --input to batches of one series each.

Neither the config nor what is computed of bars is known here.
"""
