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

  /// How often the heap is measured, in milliseconds.
  static let interval = 100

  /// While the heap stays above the limit, all are cut again after so many measurements: a second.
  private static let repetition = 10

  let limit: Int
  /// How many steps were taken since the heap was below the limit.
  private var taken = 0

  init(limit: Int) {
    self.limit = limit
  }

  /// The heap has so many bytes in use.
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
