"""A key-value store that several processes agree through, as any of them offers it.

``interfaces`` is what users of it know. Keys are relative to the prefix of the store's URL, values
are bytes; nothing here knows what they mean. What a commit's answer leaves open is never guessed:
done, certainly not done, and not known are three answers.
"""
