import Events
import Journal

extension EventsAnswer {
  /// Where the answer's events lead a follower, if each follows the one before it; nil if they do
  /// not.
  ///
  /// Below the publisher's floor events may be missing: a follower that has nothing yet, or knows
  /// no history, takes what was kept, and adopts the chain at the first event that is there.
  func end(of records: [Record], after cursor: Cursor) -> Cursor? {
    guard after == cursor.sequence else { return nil }
    let isNew = cursor.epoch == nil || cursor.sequence == 0
    var place = cursor
    for record in records {
      let header = record.header
      let adopts =
        isNew && header.sequence <= floor && header.sequence > place.sequence + 1
      guard adopts || record.follows(sequence: place.sequence, chain: place.chain) else {
        return nil
      }
      place.sequence = header.sequence
      place.chain = header.chain
    }
    if records.isEmpty, isNew, place.sequence < through, through < floor {
      place.sequence = through
      place.chain = chain
    }
    guard place.sequence == through, place.chain == chain else { return nil }
    // Below the floor a follower is still a new one, and says so by knowing no epoch.
    place.epoch = place.sequence + 1 >= floor ? epoch : nil
    return place
  }
}
