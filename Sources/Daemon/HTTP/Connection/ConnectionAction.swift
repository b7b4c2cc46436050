extension HTTPConnection {
  /// The actions after an event.
  enum Action {
    /// Hand the request over: it waits for its response.
    case deliver(IncomingRequest)
    /// Write `100 Continue`.
    case proceed
    /// Write nothing more; the client may see the whole response before the connection goes.
    case closeOutput
    /// Close the connection, for a reason that is worth a line, or for none.
    case close(reason: String?)
  }

  /// The use of the connection, for the choice of one that makes room for another.
  enum Standing: Hashable, Sendable {
    /// A response is being made.
    case busy
    /// The client has not sent its first request, or only a part of one, or has not read a response.
    case receiving
    /// No request is in progress after a response.
    case idle
  }
}
