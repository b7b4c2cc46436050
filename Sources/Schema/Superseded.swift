public import Events

/// An older version of an event, still read, and how it becomes the newest.
public protocol Superseded: Payload {
  /// The event whose older version this is.
  associatedtype Newest: Event

  /// The same fact in the newest type. What this version did not say is absent: unknown, never
  /// zero.
  var upcast: Newest { get }
}

extension PastVersion {
  init<Old: Superseded>(_ old: Old.Type) where Old.Newest == Current {
    self.init(old) { $0.upcast }
  }
}
