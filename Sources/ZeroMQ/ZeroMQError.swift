/// The failure of a socket: a code for programs, and a sentence for people.
///
/// The sentence names the operation, the endpoint and, where one is known, the remedy.
public struct ZeroMQError: Error, Sendable, Hashable {
  /// The kind of the failure.
  ///
  /// More codes may come, so a `switch` over them needs a `default`.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    /// The code's name, the same in every version.
    public let description: String

    init(_ name: String) {
      description = name
    }

    /// Another socket is bound to the address.
    public static let addressInUse = Code("addressInUse")
    /// The address is not one of this machine's.
    public static let addressNotAvailable = Code("addressNotAvailable")
    /// The text is no endpoint, or its transport is unknown.
    public static let invalidEndpoint = Code("invalidEndpoint")
    /// No file exists at an ipc path: no process has bound it.
    public static let noSuchFile = Code("noSuchFile")
    /// A name in an endpoint has no address.
    public static let unknownName = Code("unknownName")
    /// No process answers at an address.
    public static let unreachable = Code("unreachable")
    /// A socket is there, and no process listens.
    public static let refused = Code("refused")
    /// The directory of an ipc path does not exist.
    public static let noSuchDirectory = Code("noSuchDirectory")
    /// An ipc path is longer than the 107 bytes that a socket address holds.
    public static let pathTooLong = Code("pathTooLong")
    /// The process may not use the address.
    public static let permission = Code("permission")
    /// The process has no file descriptor or socket left.
    public static let tooManyFiles = Code("tooManyFiles")
    /// The socket or its context is closed.
    public static let closed = Code("closed")
    /// Anything else: see ``ZeroMQError/errno``.
    public static let other = Code("other")
  }

  /// The kind of the failure.
  public let code: Code
  /// The operation: `bind`, `connect`, `send` and so on.
  public let operation: String
  /// The endpoint that it was tried on, where there is one.
  public let endpoint: String?
  /// The number that the system or libzmq gave, 0 where the failure was found before asking them.
  public let errno: Int32
  private let reason: String

  init(
    _ code: Code, operation: String, endpoint: String? = nil, errno: Int32 = 0, reason: String
  ) {
    self.code = code
    self.operation = operation
    self.endpoint = endpoint
    self.errno = errno
    self.reason = reason
  }
}

extension ZeroMQError: CustomStringConvertible {
  /// One sentence: operation, endpoint, reason, and the remedy where one is known.
  public var description: String {
    let what = endpoint.map { "\(operation) \($0)" } ?? operation
    let number = errno == 0 ? "" : " (errno \(errno))"
    let remedy = code.remedy.map { "; \($0)" } ?? ""
    return "cannot \(what): \(reason)\(number)\(remedy)"
  }
}

extension ZeroMQError.Code {
  fileprivate var remedy: String? {
    switch self {
    case .addressInUse: "stop the program that listens there, or choose another endpoint"
    case .addressNotAvailable: "choose an address or interface of this machine"
    case .invalidEndpoint: "write ipc://<path>, tcp://<address>:<port> or inproc://<name>"
    case .noSuchFile: "start the service that binds it, or correct the path"
    case .refused: "start the service that binds it"
    case .unknownName: "correct the name, or make it known to this machine"
    case .unreachable: "check the network, and whether the other machine is up"
    case .noSuchDirectory: "make the directory, or choose another one"
    case .pathTooLong: "choose a shorter directory"
    case .permission: "give this user write access to the directory, or choose another endpoint"
    case .tooManyFiles: "raise the limit of open files (ulimit -n, or LimitNOFILE= of systemd)"
    default: nil
    }
  }
}
