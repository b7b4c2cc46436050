import Glibc

extension UpPlan {
  /// - Throws: 78, with every port that another program has.
  func checkPorts() throws(Failure) {
    let problems = members.compactMap { member in
      let port = port(of: member)
      return problem(port).map { "port \(port) (\(member)) \($0)" }
    }
    guard !problems.isEmpty else { return }
    let next = portBase + UpReplicas.portsApart * (replicas?.names.count ?? 1)
    throw Failure(
      .configuration,
      """
      \(problems.joined(separator: ", ")): stop the program that listens there, or choose other \
      ports with --port-base; \(next) gives \(next + 1) to \(next + 4)\(replicas == nil ? "" : ", and so on").
      """)
  }

  /// The reason for which a port cannot be bound; nil when it can.
  private func problem(_ port: Int) -> String? {
    let file = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard file >= 0 else { return nil }
    defer { close(file) }
    // As the daemons' server does, so that connections of an earlier run do not count.
    var yes: Int32 = 1
    setsockopt(file, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
    guard !bindLoopback(file, port: port) else { return nil }
    return errno == EADDRINUSE
      ? "is in use" : "cannot be used (\(String(cString: strerror(errno)).lowercased()))"
  }

  private func bindLoopback(_ file: Int32, port: Int) -> Bool {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = in_addr_t(INADDR_LOOPBACK).bigEndian
    return withUnsafePointer(to: address) { address in
      address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        bind(file, address, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
  }
}
