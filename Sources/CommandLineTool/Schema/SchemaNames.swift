import Events
import FoundationEssentials
import Schema
import Versions

/// A version of an event, as a person names it.
struct NamedVersion {
  let event: RegisteredEvent
  let version: RegisteredVersion

  /// - Parameter name: `order.captured.v1`, or `order.captured` for the newest.
  /// - Throws: ``Failure`` 64 with the existing names.
  init(_ name: String) throws(Failure) {
    let registry = Registry.eventually
    for event in registry.events {
      guard let version = event.versions.last(where: { name == $0.name || name == event.type })
      else { continue }
      self.event = event
      self.version = version
      return
    }
    let known = registry.events.flatMap { $0.versions.map(\.name) }.joined(separator: ", ")
    throw Failure(.usage, "there is no “\(name)”; there are \(known)")
  }
}

extension SchemaLock {
  /// Reads a lock file.
  ///
  /// - Throws: ``Failure`` 64 for a file that cannot be read, or is none.
  init(file path: String) throws(Failure) {
    do {
      self = try SchemaLock(String(decoding: Data(contentsOf: URL(filePath: path)), as: UTF8.self))
    } catch let error as BadLock {
      throw Failure(.usage, "\(path): \(error). Name a file like Sources/Schema/Schema.lock")
    } catch {
      throw Failure(.usage, "\(path) cannot be read: \(error)")
    }
  }
}
