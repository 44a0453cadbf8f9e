"""Where bars come from: from the words of --input to bars of one series at a time.

Neither the config nor what is computed of bars is known here.
"""
