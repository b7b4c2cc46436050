/// Decides when connections are cut because the heap has grown past its limit.
///
/// A value without I/O: the poller measures and cuts.
struct HeapWatch {
  enum Step: Equatable {
    case nothing
    /// Cut the connections that are sending, or that do not read.
    case cutBusy
    /// Cut all connections.
    case cutAll
  }

  /// The time between two measurements of the heap, in milliseconds.
  static let interval: Int32 = 100

  /// The number of measurements after which all connections are cut again, while the heap stays
  /// above the limit: a second.
  private static let repetition = 10

  let limit: Int
  /// The number of steps since the heap was below the limit.
  private var taken = 0

  init(limit: Int) {
    self.limit = limit
  }

  /// Takes a measurement of the bytes in use.
  mutating func measured(_ bytes: Int) -> Step {
    guard bytes > limit else {
      taken = 0
      return .nothing
    }
    taken += 1
    if taken == 1 { return .cutBusy }
    // Peers reconnect, and go on filling it.
    return (taken - 2).isMultiple(of: Self.repetition) ? .cutAll : .nothing
  }
}
