import Daemon
import FoundationEssentials
import Glibc
import Journal

extension Folders {
  /// The services whose state is on this machine, in order.
  ///
  /// A service whose journal is missing although there was one, or whose folder this user may not
  /// enter, is among them: its backup fails.
  ///
  /// - Parameter named: the state folder of `up`; nil for the usual one.
  /// - Throws: 69 for a folder that this user may not look into; 78 without a service.
  func services(state named: String?) throws(Failure) -> [String] {
    let local = state(nil)
    let root =
      named.map { absolute($0, in: working) } ?? (exists(local) ? local : "/var/lib/eventually")
    var names = Set(try names(in: root).filter { isServiceName($0) && hasState("\(root)/\($0)") })
    if named == nil {
      for service in Service.allCases.map(\.rawValue)
      where environment["\(service.uppercased())_STATE"] != nil {
        names.insert(service)
      }
    }
    guard !names.isEmpty else {
      throw Failure(
        .configuration,
        "there is no service's state in \(root). Name its folder with --state, or the services.")
    }
    return names.sorted()
  }

  private func names(in folder: String) throws(Failure) -> [String] {
    guard let opened = opendir(folder) else {
      guard [ENOENT, ENOTDIR].contains(errno) else {
        throw .forbidden(folder, code: errno, to: "look into")
      }
      return []
    }
    closedir(opened)
    return (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
  }

  private func hasState(_ folder: String) -> Bool {
    let journal = "\(folder)/\(Self.journal)"
    return !ServiceJournal.isMissing(journal) || ServiceJournal.wasFounded(journal)
      || ServiceJournal.database(ofStateIn: folder) != nil
  }
}
