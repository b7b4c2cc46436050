/// Where a stream is reached: the address of its events and the address of its log.
public struct StreamEndpoints: Hashable, Sendable {
  /// The stream, named after its service.
  public let stream: String
  /// The PUB/SUB address, for example `ipc:///run/eventually/alpha.events`.
  public let events: String
  /// The address that answers FETCH, ACK and STATUS, `ipc:///run/eventually/alpha.log`.
  public let log: String

  /// After how long without progress a follower of the stream says that it is stalled.
  public let patience: Duration
  /// The user that runs the publisher: over ipc, a follower believes only this user's processes.
  ///
  /// Nil for all users.
  public let owner: UInt32?
  /// What peers may use up, of a stream that is published here.
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

/// What the peers of a service's sockets may use up of its process.
public struct BusLimits: Hashable, Sendable {
  /// How many bytes of the heap may be in use before connections are cut.
  public var heapBytes: Int
  /// How many ipc connections another process may have.
  public var connectionsPerProcess: Int

  /// Limits; 256 MiB and 64 connections where nothing else is said.
  public init(heapBytes: Int = 256 << 20, connectionsPerProcess: Int = 64) {
    self.heapBytes = heapBytes
    self.connectionsPerProcess = connectionsPerProcess
  }
}
