import Events
import Journal

extension EventsAnswer {
  /// The follower's cursor after the answer's events, if each follows the one before it; nil
  /// otherwise.
  ///
  /// Events may be missing below the publisher's floor. A follower that is new, or has no epoch,
  /// takes the events that were kept, and adopts the chain of the first one.
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
    // Below the floor a follower is still a new one: its cursor has no epoch.
    place.epoch = place.sequence + 1 >= floor ? epoch : nil
    return place
  }
}
