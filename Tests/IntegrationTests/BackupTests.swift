import Foundation
import GRDB
import Glibc
import Testing

extension Stories {
  /// Dated backups, and restores of the newest one that is sound.
  @Suite("Backups", .serialized, .timeLimit(.minutes(2)))
  struct Backups {
    @Test
    func
      `a destroyed journal is restored from the newest sound backup, and nothing is charged twice`()
      async throws
    {
      try await withDeployment(environment: .automatic) { deployment in
        let backups = try BackupsFolder(of: deployment)
        try await deployment.start(all: ServiceName.allCases)
        var orders = [try await deployment.order(price: 100)]
        try await deployment.finished(orders[0])
        try await backups.make(services: 4)
        try backups.dateBack()
        orders.append(try await deployment.order(price: 200))
        try await deployment.finished(orders[1])
        try await backups.make(services: 4)
        let metrics = String(
          decoding: try await deployment.http(.alpha).get("/metrics").body, as: UTF8.self)
        #expect(metrics.contains("\neventually_last_backup_timestamp_seconds 1"))
        let newest = try backups.damage(.alpha)
        orders.append(try await deployment.order(price: 300))
        try await deployment.finished(orders[2])
        try await deployment.quiet()
        let running = try await deployment.eventually(
          ["restore", "alpha"] + backups.options, ends: 78)
        #expect(running.text.contains("process \(deployment[.alpha].pid)"), "\(running.text)")
        try await deployment[.alpha].kill()
        try Data("ruins".utf8).write(to: URL(fileURLWithPath: deployment.journal(.alpha)))

        let said = try await deployment.eventually(
          ["restore", "alpha", "--json"] + backups.options)
        #expect(said.objects[0]["restored"]["file"].text.contains(BackupsFolder.early))
        #expect(said.objects[1]["skipped"]["file"].text == newest)
        try await deployment.start(.alpha)
        for service in [ServiceName.beta, .charlie, .overlord] {
          try await deployment.obey(service, about: .alpha, says: "diverged")
        }
        try await deployment.checkAgreement(on: orders)
        try await deployment.eventually(["status"] + deployment.addresses())
      }
    }

    @Test
    func `a Charlie whose folder is lost is restored with the books of its gateway`() async throws {
      try await withDeployment(environment: .automatic) { deployment in
        let backups = try BackupsFolder(of: deployment)
        try await deployment.start(all: ServiceName.allCases)
        let first = try await deployment.order(price: 100)
        try await deployment.finished(first)
        let copies = try await backups.make(services: 4)
        let charlie = copies.first { $0["service"] == "charlie" }
        #expect(charlie?["beside"].list.count == 1)
        let second = try await deployment.order(price: 200)
        try await deployment.finished(second)
        try await deployment.quiet()
        try await deployment[.charlie].kill()
        let folder = deployment.stateFolder(.charlie)
        try FileManager.default.removeItem(atPath: folder)
        try FileManager.default.createDirectory(
          atPath: folder, withIntermediateDirectories: true)

        let said = try await deployment.eventually(
          ["restore", "charlie", "--json"] + backups.options)
        #expect(
          said.objects[0]["restored"]["databases"].list.map(\.text) == [
            folder + "/gateway.sqlite"
          ])
        #expect(try GatewayBooks.charges(in: folder).count == 1)
        try await deployment.start(.charlie)
        for service in [ServiceName.alpha, .overlord] {
          try await deployment.obey(service, about: .charlie, says: "diverged")
        }
        try await deployment.checkAgreement(on: [first, second])
      }
    }

    @Test
    func `one backup at a time, and what a killed one leaves is removed by the next`() async throws
    {
      try await withDeployment { deployment in
        let backups = try BackupsFolder(of: deployment)
        try await deployment.start(.charlie)
        try await deployment.stop(.charlie)
        let books = try LockedBooks(deployment.stateFolder(.charlie))
        let first = try deployment.run("eventually", ["backup"] + backups.intoOptions)
        while try !backups.names.contains(where: { $0.hasSuffix(".gateway.sqlite.part") }) {
          await Task.yield()
        }
        let second = try await deployment.eventually(["backup"] + backups.intoOptions, ends: 1)
        #expect(second.text.contains("is held by process \(first.pid)"), "\(second.text)")
        first.signal(SIGKILL)
        #expect(try await first.ending() == .killed(signal: SIGKILL))
        let left = try backups.names.filter { $0 != "backup.lock" }
        #expect(!left.isEmpty && left.allSatisfy { $0.contains(".part") }, "\(left)")
        let none = try await deployment.eventually(
          ["restore", "charlie"] + backups.options, ends: 78)
        #expect(none.text.contains("has no sound copy of charlie"))
        try books.unlock()
        try await backups.make(services: 1)
        #expect(try backups.names.count { $0.contains(".part") } == 0)
        #expect(try backups.names.count == 3, "the lock, the journal and the books")
      }
    }

    @Test
    func `a service that cannot be backed up does not keep the others from it`() async throws {
      try await withDeployment { deployment in
        let backups = try BackupsFolder(of: deployment)
        for service in [ServiceName.alpha, .beta] {
          try await deployment.start(service)
          try await deployment.stop(service)
        }
        try Data("ruins".utf8).write(to: URL(fileURLWithPath: deployment.journal(.alpha)))
        let said = try await deployment.eventually(["backup"] + backups.intoOptions, ends: 78)
        #expect(said.text.contains("alpha is not backed up: "), "\(said.text)")
        #expect(said.text.contains("1 of 2 backups failed"))
        #expect(try backups.names.count { $0.hasPrefix("beta-") } == 1)
        #expect(try backups.names.count { $0.hasPrefix("alpha-") } == 0)
      }
    }

    @Test(.enabled("the tests run as root") { isRoot })
    func `what root makes in the folder of another user belongs to that user`() async throws {
      try await withDeployment { deployment in
        let backups = try BackupsFolder(of: deployment)
        try await deployment.start(.charlie)
        try await deployment.stop(.charlie)
        chown(backups.path, 65_534, 65_534)
        try await backups.make(services: 1)
        #expect(try backups.names.count == 3)
        for name in try backups.names {
          var status = stat()
          #expect(lstat("\(backups.path)/\(name)", &status) == 0)
          #expect(status.st_uid == 65_534, "\(name)")
        }
      }
    }

    @Test(
      .enabled("mounting is not permitted here: it needs root, outside a strict container") {
        await mayMount()
      })
    func `a full disk fails the backup, and keeps the copies before`() async throws {
      try await withDeployment { deployment in
        let backups = try BackupsFolder(of: deployment)
        try await deployment.start(.beta)
        try await withMount("-t", "tmpfs", "-o", "size=8m,mode=750", "ev", on: backups.path) {
          try await backups.make(services: 1)
          let before = try backups.names
          let filler = try Filler(backups.path)
          let said = try await deployment.eventually(
            ["backup", "--keep", "1"] + backups.intoOptions, ends: 78)
          #expect(said.text.contains("beta is not backed up: "), "\(said.text)")
          #expect(said.text.contains("full") && said.text.contains("space"), "\(said.text)")
          try filler.remove()
          #expect(try backups.names == before)
          try await backups.make(services: 1)
        }
        try await deployment.stop(.beta)
      }
    }
  }
}

/// A folder of dated backups of a deployment.
private struct BackupsFolder {
  /// The date of the copies that were dated back.
  static let early = "20260101T000000Z"

  let path: String
  private let deployment: Deployment

  init(of deployment: Deployment) throws {
    self.deployment = deployment
    path = deployment.folder + "/backups"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  /// The options of `restore`.
  var options: [String] { ["--from", path, "--state", deployment.folder] }

  /// The options of `backup`.
  var intoOptions: [String] { ["--into", path, "--state", deployment.folder] }

  var names: [String] {
    get throws { try FileManager.default.contentsOfDirectory(atPath: path).sorted() }
  }

  @discardableResult
  func make(services count: Int) async throws -> [JSON] {
    let said = try await deployment.eventually(["backup", "--json"] + intoOptions)
    #expect(said.objects.count == count, "\(said.text)")
    return said.objects
  }

  /// Gives every copy an early date: two backups may come in one second.
  func dateBack() throws {
    for name in try names where name.contains("Z.") {
      let service = name.prefix { $0 != "-" }
      let end = name.drop { $0 != "." }
      try FileManager.default.moveItem(
        atPath: "\(path)/\(name)", toPath: "\(path)/\(service)-\(Self.early)\(end)")
    }
  }

  /// Damages the newest copy of a service's journal, and returns its path.
  func damage(_ service: ServiceName) throws -> String {
    let name = try #require(names.last { $0.hasPrefix("\(service.rawValue)-") })
    let file = "\(path)/\(name)"
    var bytes = try Data(contentsOf: URL(fileURLWithPath: file))
    for page in stride(from: 4096, to: bytes.count, by: 4096) {
      bytes.replaceSubrange(page..<page + 64, with: Data(repeating: 0x5a, count: 64))
    }
    try bytes.write(to: URL(fileURLWithPath: file))
    return file
  }
}

/// Books of a gateway that no other process can read.
private struct LockedBooks {
  private let database: DatabaseQueue

  init(_ folder: String) throws {
    for end in ["", "-wal", "-shm"] { unlink("\(folder)/gateway.sqlite\(end)") }
    var configuration = Configuration()
    configuration.allowsUnsafeTransactions = true
    database = try DatabaseQueue(
      path: folder + "/gateway.sqlite", configuration: configuration)
    try database.writeWithoutTransaction {
      try $0.execute(sql: "CREATE TABLE charges (key TEXT PRIMARY KEY); BEGIN EXCLUSIVE")
    }
  }

  func unlock() throws {
    try database.writeWithoutTransaction { try $0.execute(sql: "ROLLBACK") }
    try database.close()
  }
}
