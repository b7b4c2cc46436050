import Events
import FoundationEssentials
import Glibc

/// A service whose sockets are in a run directory of this machine: `/run/eventually/delta`.
///
/// The lock of a running service has the number of its process, and the kernel knows the port on
/// which that process listens.
struct RunningService: Hashable, Sendable {
  /// The path as it was given.
  let path: String

  /// - Parameter path: the run directory, a slash, and the service's name.
  init?(_ path: String) {
    guard path.contains("/"), !path.contains("://"), let name = path.split(separator: "/").last,
      path.hasSuffix(name), isServiceName(String(name))
    else { return nil }
    self.path = path
  }

  var name: String { path.split(separator: "/").last.map(String.init) ?? path }

  /// Its client, once it has answered with this name.
  ///
  /// - Throws: as ``address()``; 69 too, when it does not answer, or has another name.
  func client(timeout: Duration) async throws -> ServiceClient {
    let client = ServiceClient(service: name, address: try address(), timeout: timeout)
    let bus: JSONValue?
    do {
      bus = JSONValue(try await client.get("/api/bus").body)
    } catch {
      throw Failure(.unreachable, "\(path): \(error)")
    }
    let answered = bus?["stream"]?["name"]?.string
    guard answered == name else {
      throw Failure(
        .unreachable,
        """
        \(path): the service at \(client.address) is \(answered ?? "of no name"), and not \(name). \
        Nothing was done: name a service by the address of its HTTP API.
        """)
    }
    return client
  }

  /// The address of its HTTP API.
  ///
  /// - Throws: 69, when it does not run, or its process is not visible; 64, when it listens on
  ///   several ports.
  func address() throws(Failure) -> ServiceAddress {
    let found = Set(ListeningSocket.all(in: table("tcp") + table("tcp6"), of: try sockets()))
    guard found.count < 2 else {
      let ports = found.map { "\($0.port)" }.sorted().joined(separator: " and ")
      throw Failure(
        .usage, "\(name) listens on the ports \(ports). Name it by the address of its HTTP API.")
    }
    guard let address = found.first?.address else {
      throw Failure(.unreachable, "\(path): its process does not listen on a port")
    }
    return address
  }

  private var process: String? {
    (try? String(contentsOfFile: path + ".lock", encoding: .utf8))
      .map { String($0.prefix(while: \.isNumber)) }
  }

  /// The numbers of the sockets of its process.
  private func sockets() throws(Failure) -> Set<String> {
    let lock = path + ".lock"
    if access(lock, R_OK) != 0, errno == EACCES {
      throw .forbidden(lock, code: EACCES, to: "read")
    }
    guard let process, !process.isEmpty else {
      throw Failure(
        .unreachable, "\(path): no service of this name runs here, since there is no \(path).lock")
    }
    let folder = "/proc/\(process)/fd"
    guard let files = try? FileManager.default.contentsOfDirectory(atPath: folder) else {
      if access(folder, R_OK | X_OK) != 0, errno == EACCES {
        throw .forbidden(folder, code: EACCES, to: "look into")
      }
      throw Failure(
        .unreachable,
        """
        \(path): its process \(process) has ended. Start it, or name it by the address of its HTTP \
        API.
        """)
    }
    // A process that has ended leaves its number in the file, and another process may have it now.
    guard let lock = FileNumber(path + ".lock"),
      files.contains(where: { FileNumber("\(folder)/\($0)") == lock })
    else {
      throw Failure(
        .unreachable,
        """
        \(path): no service of this name runs here, since process \(process) does not hold \
        \(path).lock. Start it, or name it by the address of its HTTP API.
        """)
    }
    return Set(
      files.compactMap { file in
        try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\(file)")
      })
  }

  private func table(_ name: String) -> [Substring] {
    let text = try? String(
      decoding: Data(contentsOf: URL(filePath: "/proc/\(process ?? "self")/net/\(name)")),
      as: UTF8.self)
    return text?.split(separator: "\n") ?? []
  }
}

/// A file by its numbers, whatever its path is.
private struct FileNumber: Equatable {
  private let device: dev_t
  private let file: ino_t

  /// - Parameter path: the file, or a link to it.
  init?(_ path: String) {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    device = status.st_dev
    file = status.st_ino
  }
}

/// A socket that listens on a port, as the kernel's table has it.
struct ListeningSocket: Hashable, Sendable {
  let host: String
  let port: UInt16

  var address: ServiceAddress? { ServiceAddress("http://\(host):\(port)") }

  /// The listening sockets of a process.
  ///
  /// - Parameters:
  ///   - table: the lines of `/proc/net/tcp` and `/proc/net/tcp6`.
  ///   - sockets: the process's sockets, as the links of its descriptors name them: `socket:[7]`.
  static func all(in table: [Substring], of sockets: Set<String>) -> [ListeningSocket] {
    table.compactMap { line in
      let fields = line.split(separator: " ")
      guard fields.count > 9, fields[3] == "0A", sockets.contains("socket:[\(fields[9])]") else {
        return nil
      }
      return ListeningSocket(local: fields[1])
    }
  }

  /// - Parameter local: address and port in hexadecimal digits: `0100007F:0F97`.
  init?(local: Substring) {
    let parts = local.split(separator: ":")
    guard parts.count == 2, let port = UInt16(parts[1], radix: 16) else { return nil }
    self.port = port
    if parts[0].count == 8, let address = UInt32(parts[0], radix: 16) {
      // The kernel prints the bytes of the address as a number of this machine.
      let bytes = withUnsafeBytes(of: address) { $0.map { "\($0)" } }
      host = address == 0 ? "127.0.0.1" : bytes.joined(separator: ".")
    } else {
      // Of the sixth version, loopback and every address are known here.
      let loopback = "00000000000000000000000001000000"
      guard parts[0] == loopback || parts[0].allSatisfy({ $0 == "0" }) else { return nil }
      host = "[::1]"
    }
  }
}
