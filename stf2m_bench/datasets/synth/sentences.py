"""What is said: sentences that fit any emotion, and sentences that lean to one."""

from __future__ import annotations

NEUTRAL = (
    "The parcel came this morning.",
    "I left the keys on the table.",
    "We take the second road on the left.",
    "He is going to call at eight.",
    "She has read the letter again.",
    "The train leaves from platform two.",
    "They moved the meeting to Monday.",
    "My coat is in the other room.",
    "You can put the boxes over there.",
    "It is almost eleven o'clock.",
    "The lights are still on upstairs.",
    "I have told you what he said.",
    "The window in the hall is open.",
    "We are going back to the house.",
    "That is the number they gave me.",
    "Someone is waiting at the door.",
)

LEANING = {
    "neutral": ("The form has three pages.", "The shop is open until six.", "Page ten shows the table."),
    "calm": ("Take your time, there is no hurry.", "Let us sit here for a while.", "All is quiet this evening."),
    "happiness": ("We won, we really won!", "I am so glad you came.", "This is the best day of all."),
    "sadness": ("I miss her every day.", "There is nothing left for us.", "He never said goodbye."),
    "anger": ("I told you to stop that!", "How dare you say this to me!", "Get out of my room now!"),
    "fear": ("Did you hear that noise?", "Please do not leave me alone.", "It is right behind us!"),
    "disgust": ("This milk smells rotten.", "Take that dirty thing away.", "I will not eat this mess."),
    "surprise": ("Oh, I did not expect that!", "What, you are here already?", "No way, is that really true?"),
}

SENTENCES = NEUTRAL + tuple(sentence for pool in LEANING.values() for sentence in pool)


def leaning_to(emotion: str) -> range:
    """The places in `SENTENCES` of those that lean to an emotion."""
    before = list(LEANING)[: list(LEANING).index(emotion)]
    first = len(NEUTRAL) + sum(len(LEANING[name]) for name in before)
    return range(first, first + len(LEANING[emotion]))


def syllables(sentence: str) -> int:
    """A rough count of syllables: groups of vowels, a silent final e left out."""
    count = 0
    for word in sentence.lower().split():
        letters = [letter for letter in word if letter.isalpha()]
        vowel = [letter in "aeiouy" for letter in letters]
        groups = sum(now and not before for now, before in zip(vowel, [False, *vowel], strict=False))
        silent = groups > 1 and letters[-1] == "e" and letters[-2] not in "aeiouyl"
        count += max(1, groups - silent)
    return count
