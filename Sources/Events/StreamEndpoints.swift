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

  /// The addresses of a stream.
  public init(
    stream: String, events: String, log: String, patience: Duration = .seconds(30)
  ) {
    self.stream = stream
    self.events = events
    self.log = log
    self.patience = patience
  }
}
