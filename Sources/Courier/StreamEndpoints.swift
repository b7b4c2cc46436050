/// The endpoints of a stream: the address of its events and the address of its log.
public struct StreamEndpoints: Hashable, Sendable {
  /// The stream, named after its service.
  public let stream: String
  /// The PUB/SUB address, for example `ipc:///run/eventually/alpha.events`.
  public let events: String
  /// The address that answers FETCH, ACK and STATUS, `ipc:///run/eventually/alpha.log`.
  public let log: String

  /// After how long without progress a follower of the stream is stalled.
  public let patience: Duration
  /// The user that runs the publisher: over ipc, a follower accepts messages of this user only.
  ///
  /// Nil for all users.
  public let owner: UInt32?
  /// The limits for peers of a stream that is published here.
  public let limits: BusLimits

  /// The addresses of a stream.
  public init(
    stream: String, events: String, log: String, patience: Duration = .seconds(30),
    owner: UInt32? = nil, limits: BusLimits = .init()
  ) {
    self.stream = stream
    self.events = events
    self.log = log
    self.patience = patience
    self.owner = owner
    self.limits = limits
  }
}

/// The limits of a process for the peers of its sockets.
public struct BusLimits: Hashable, Sendable {
  /// The number of bytes of the heap above which connections are cut.
  public var heapBytes: Int
  /// The number of ipc connections that another process may have.
  public var connectionsPerProcess: Int

  /// Limits; by default 256 MiB and 64 connections.
  public init(heapBytes: Int = 256 << 20, connectionsPerProcess: Int = 64) {
    self.heapBytes = heapBytes
    self.connectionsPerProcess = connectionsPerProcess
  }
}
