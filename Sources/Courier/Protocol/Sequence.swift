import Events
import FoundationEssentials

extension UInt64 {
  /// Whether a log can come to this number.
  ///
  /// None reaches 2^63; what claims to is garbage, and no sum with it is ever made.
  var isSequence: Bool { self < 1 << 63 }
}

extension Record {
  /// Reads the frames of an event that a log can have sent; nil when they are none.
  ///
  /// - Parameter before: the topic of the event before.
  init?(sent frames: ArraySlice<Data>, after before: Topic?) {
    self.init(frames: frames, after: before)
    guard header.sequence.isSequence else { return nil }
  }
}
