import Events
import Glibc

/// The process that writes log lines, which each line names.
struct LogSource: Sendable {
  let service: String
  /// The members of every JSON line about it.
  let members: [UInt8]

  /// - Parameters:
  ///   - service: the service's name.
  ///   - node: the name of the machine, unless the service has several nodes on it.
  init(service: String, node: String = .hostName, process: Int32 = getpid()) {
    self.service = service
    var text = LineText()
    text.append(plain: #","ecs.version":"8.11.0","process.pid":"#)
    text.append(process.description, as: .json)
    text.append(plain: #","service.name":""#)
    text.append(service, as: .json)
    text.append(plain: #"","service.node.name":""#)
    text.append(node, as: .json)
    text.append(plain: #"","service.version":""#)
    text.append(systemVersion, as: .json)
    text.append(plain: "\"")
    members = text.bytes
  }
}

extension String {
  /// The name of this machine.
  static var hostName: String {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { name in
      guard let text = name.baseAddress, gethostname(text, name.count - 1) == 0 else {
        return "localhost"
      }
      text[name.count - 1] = 0
      return String(cString: text)
    }
  }
}
