import CZeroMQ

extension ZeroMQError {
  static func closed(_ operation: String) -> ZeroMQError {
    ZeroMQError(.closed, operation: operation, reason: "the socket is closed")
  }

  /// The failure that libzmq has just reported on this thread.
  static func last(_ operation: String, endpoint: String? = nil) -> ZeroMQError {
    let number = zmq_errno()
    // Only a bind makes the file; there the directory is missing.
    let isFile = number == ENOENT && operation != "bind"
    return ZeroMQError(
      isFile ? .noSuchFile : Code(errno: number), operation: operation, endpoint: endpoint,
      errno: number, reason: isFile ? "there is no such socket file" : reason(number))
  }

  /// libzmq's own sentence, except the one that does not concern endpoints.
  private static func reason(_ number: Int32) -> String {
    switch number {
    case EINVAL: "this is not an endpoint"
    case ENOENT: "the directory does not exist"
    default: String(cString: zmq_strerror(number))
    }
  }
}

extension ZeroMQError.Code {
  init(errno number: Int32) {
    switch number {
    case EADDRINUSE: self = .addressInUse
    case EADDRNOTAVAIL, ENODEV: self = .addressNotAvailable
    case EINVAL, EPROTONOSUPPORT: self = .invalidEndpoint
    case ENOENT, ENOTDIR: self = .noSuchDirectory
    case ENAMETOOLONG: self = .pathTooLong
    case ECONNREFUSED: self = .refused
    case EHOSTUNREACH, ENETUNREACH, EHOSTDOWN, ETIMEDOUT: self = .unreachable
    case EACCES, EPERM, EROFS: self = .permission
    case EMFILE, ENFILE: self = .tooManyFiles
    case ENOTSOCK, Int32(ZMQ_HAUSNUMERO) + 53: self = .closed
    default: self = .other
    }
  }
}
