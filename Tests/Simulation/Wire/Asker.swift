import FoundationEssentials

/// A process that follows a service, and asks its log.
struct Asker: Hashable, Comparable {
  let service: Service
  /// The number of the process.
  let process: Int

  init(_ service: Service, process: Int) {
    self.service = service
    self.process = process
  }

  /// Reads what ``sender`` wrote.
  init?(_ sender: Data) {
    let parts = String(decoding: sender, as: UTF8.self).split(separator: " ")
    guard parts.count == 2, let service = Service(rawValue: String(parts[0])),
      let process = Int(parts[1])
    else { return nil }
    self.init(service, process: process)
  }

  static func < (left: Asker, right: Asker) -> Bool {
    (left.service, left.process) < (right.service, right.process)
  }

  /// The routing id of its connection.
  var sender: Data { Data("\(service) \(process)".utf8) }
}
