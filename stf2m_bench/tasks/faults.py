"""Where a protocol and its clip list contradict each other."""

from __future__ import annotations

from stf2m_bench.tasks.clips import ClipList
from stf2m_bench.tasks.protocol import SIDES, Protocol
from stf2m_bench.tasks.votes import label_faults, vote_faults


def find_faults(protocol: Protocol, clips: ClipList) -> list[str]:
    """Contradictions within a task, as sentences."""
    faults = []
    subjects, emotions = set(clips.subject), set(clips.emotion)
    what, known = ("subject", subjects) if protocol.people == "known" else ("emotion", emotions)
    if protocol.ways > len(protocol.emotions):
        faults.append(f"ways = {protocol.ways}, but only {len(protocol.emotions)} emotions are listed")
    faults += [f"emotion '{e}' has no clip in the clip list" for e in protocol.emotions if e not in emotions]
    if len(set(protocol.emotions)) < len(protocol.emotions):
        faults.append("an emotion is listed twice")
    for number, fold in enumerate(protocol.folds):
        seen: dict[str, str] = {}
        for side in SIDES:
            for name in getattr(fold, side):
                if name in seen:
                    faults.append(f"fold {number}: {what} '{name}' is in {seen[name]} and in {side}")
                if name not in known:
                    faults.append(f"fold {number}: {what} '{name}' of {side} has no clip in the clip list")
                seen[name] = side
    faults += _corpus_faults(protocol) + _emotion_faults(protocol, emotions) + _vote_faults(protocol, clips)
    faults += _stimulus_faults(protocol, set(clips.stimulus))
    if protocol.neutral_band and protocol.label in ("emotion", "word"):
        faults.append("neutral_band belongs to ratings: to label = valence, arousal or quadrant")
    sided = protocol.label in ("valence", "arousal", "quadrant") and not protocol.neutral_band
    if protocol.midpoint != "neither" and not sided:
        faults.append("midpoint belongs to label = valence, arousal or quadrant without a neutral_band")
    if protocol.lag and not protocol.window:
        faults.append("lag belongs to windows of ratings: add the key window")
    if protocol.nested and protocol.track != "personal":
        faults.append("only the track personal has nested supports: elsewhere K decides who supports")
    if protocol.track != "personal" and not protocol.one_person and protocol.people == "known":
        faults += [
            f"support_people lacks the number of people for {shot} shots"
            for shot in protocol.shots
            if str(shot) not in protocol.support_people
        ]
    return faults


def _corpus_faults(protocol: Protocol) -> list[str]:
    """Where sides and datasets do not fit: in `new-corpus` the first one trains, the second is tested."""
    if protocol.track != "new-corpus":
        return ["only the track new-corpus has two datasets"] if len(protocol.datasets) > 1 else []
    if len(protocol.datasets) != 2:
        return ["the track new-corpus has two datasets: the one that trains, then the one that is tested"]
    trains, tested = protocol.datasets
    return [
        f"fold {number}: subject '{person}' of {side} is not of the dataset '{corpus}'"
        for number, fold in enumerate(protocol.folds)
        for side, corpus in (("meta_train", trains), ("meta_val", trains), ("meta_test", tested))
        for person in getattr(fold, side)
        if not person.startswith(f"{corpus}/")
    ]


def _emotion_faults(protocol: Protocol, known: set[str]) -> list[str]:
    """Where emotions of training and of the test do not fit the track."""
    training = protocol.training_emotions
    if protocol.people == "unknown":
        return _unknown_people_faults(protocol)
    if protocol.track != "new-emotions":
        return ["only the track new-emotions has training_emotions"] if training else []
    faults = [f"emotion '{e}' is trained and tested" for e in training if e in protocol.emotions]
    faults += [f"training emotion '{e}' has no clip in the clip list" for e in training if e not in known]
    if len(set(training)) < protocol.ways:
        faults.append(f"ways = {protocol.ways}, but only {len(set(training))} training_emotions are listed")
    return faults


def _stimulus_faults(protocol: Protocol, known: set[str]) -> list[str]:
    """Where stimuli of support and query do not fit the track, or meet."""
    if protocol.track != "new-stimuli":
        named = any(fold.support_stimuli or fold.query_stimuli for fold in protocol.folds)
        faults = ["only the track new-stimuli has support_stimuli and query_stimuli"] if named else []
        return faults + (["only the track new-stimuli has the key one_person"] if protocol.one_person else [])
    faults = []
    for number, fold in enumerate(protocol.folds):
        support, query = set(fold.support_stimuli), set(fold.query_stimuli)
        if not support or not query:
            faults.append(f"fold {number}: the track new-stimuli needs support_stimuli and query_stimuli")
        faults += [f"fold {number}: stimulus '{one}' is supported and queried" for one in sorted(support & query)]
        strange = sorted((support | query) - known)
        faults += [f"fold {number}: stimulus '{one}' has no clip in the clip list" for one in strange]
    return faults


def _vote_faults(protocol: Protocol, clips: ClipList) -> list[str]:
    """Where the keys on votes, the column of votes and the emotions do not fit each other."""
    if not protocol.votes:
        faults = ["the clip list has votes, but no key votes says whose"] if clips.votes else []
        return faults + [f"{key} needs the key votes" for key in ("majority", "relabelled") if getattr(protocol, key)]
    if not clips.votes:
        return [f"votes = '{protocol.votes}', but the clip list has no column votes"]
    faults = vote_faults(clips.clip_id, clips.votes, protocol.every_emotion)
    return faults or (label_faults(clips.clip_id, clips.emotion, clips.votes) if protocol.relabelled else [])


def _unknown_people_faults(protocol: Protocol) -> list[str]:
    """Where sides, which are emotions here, do not fit the rest."""
    if protocol.track != "new-emotions":
        return ["people are unknown, which only the track new-emotions can do without"]
    told = bool(protocol.training_emotions)
    faults = ["the sides of folds are emotions, so that training_emotions says nothing"] if told else []
    tested = {emotion for fold in protocol.folds for emotion in fold.meta_test}
    faults += [f"emotion '{e}' is tested in no fold" for e in protocol.emotions if e not in tested]
    faults += [f"emotion '{e}' is tested, but not listed" for e in sorted(tested - set(protocol.emotions))]
    return faults + [
        f"fold {number}: ways = {protocol.ways}, but {side} has only {len(getattr(fold, side))} emotions"
        for number, fold in enumerate(protocol.folds)
        for side in SIDES
        if len(getattr(fold, side)) < protocol.ways
    ]
