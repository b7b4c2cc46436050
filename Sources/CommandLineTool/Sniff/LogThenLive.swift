import Courier
import Events

/// Joins what the logs hold with what comes live, without gap or duplicate.
///
/// It knows for each stream how far it was printed. A live event that comes next is printed; one
/// that was printed already is passed over; one after a gap, or a beat that tells of events that
/// were not heard, asks for the log. That is also how the seam between reading a log and hearing
/// its publisher is closed: a publisher beats at once to a new subscription, and what is
/// committed after that beat is heard.
struct LogThenLive: Hashable, Sendable {
  /// What to do about a message, or after a page of a log.
  enum Step: Hashable, Sendable {
    case print
    case skip
    /// Read this stream's log, after this sequence number, and then look at the message again.
    case fetch(after: UInt64)
    /// The stream has begun another history, of which everything is new.
    case otherHistory(Epoch)
  }

  private struct Place: Hashable {
    var epoch: Epoch
    var sequence: UInt64
  }

  private var places: [String: Place] = [:]

  /// Sees a live event, in the order of arrival.
  mutating func receive(_ stream: String, epoch: Epoch, sequence: UInt64) -> Step {
    guard let place = places[stream] else { return .fetch(after: 0) }
    guard place.epoch == epoch else {
      places[stream] = Place(epoch: epoch, sequence: sequence - min(sequence, 1))
      return .otherHistory(epoch)
    }
    guard sequence > place.sequence else { return .skip }
    guard sequence == place.sequence + 1 else { return .fetch(after: place.sequence) }
    places[stream]?.sequence = sequence
    return .print
  }

  /// Sees a beat: all events up to this one are published.
  mutating func receiveBeat(_ stream: String, epoch: Epoch, upTo sequence: UInt64) -> Step {
    guard let place = places[stream] else { return .fetch(after: 0) }
    guard place.epoch == epoch else {
      places[stream] = Place(epoch: epoch, sequence: sequence)
      return .otherHistory(epoch)
    }
    return sequence > place.sequence ? .fetch(after: place.sequence) : .skip
  }

  /// Sees a page of a log.
  ///
  /// - Returns: where to read on; nil when the log is read to its end.
  mutating func receive(_ page: EventsAnswer) -> UInt64? {
    // A page that comes no further would be asked for again and again.
    let isAhead = places[page.stream].map { page.through > $0.sequence } ?? true
    places[page.stream] = Place(epoch: page.epoch, sequence: page.through)
    return isAhead && page.through < page.head ? page.through : nil
  }

  /// Gives up reading a log: what lies between is lost, and the stream goes on at an event.
  mutating func skipAhead(_ stream: String, epoch: Epoch, at sequence: UInt64) {
    places[stream] = Place(epoch: epoch, sequence: sequence)
  }
}
