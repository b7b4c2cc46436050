import Foundation
import Glibc
import Testing

extension Stories {
  /// A state folder that takes nothing more.
  @Suite(
    "Disk faults", .serialized, .timeLimit(.minutes(2)),
    .enabled("mounting is not permitted here: it needs root, outside a strict container") {
      await mayMount()
    })
  struct DiskFaults {
    @Test(arguments: ServiceName.allCases)
    func `a daemon whose disk is full lives, refuses commands, and continues when there is space`(
      service: ServiceName
    ) async throws {
      try await withDeployment { deployment in
        let folder = deployment.stateFolder(service)
        try await withMount("-t", "tmpfs", "-o", "size=16m,mode=750", "ev", on: folder) {
          try await deployment.start(all: ServiceName.allCases)
          let demand = try await deployment.underLoad { load in
            try await load.progress(10)
            let filler = try Filler(folder)
            let full = deployment[service]
            let line = try await full.logged("that its disk is full") {
              $0.message.hasPrefix("writing waits: ")
            }
            #expect(line.level == "warning")
            #expect(line.message.contains("full") && line.message.contains("space"), "\(line)")
            let http = try await full.http
            let ready = try await http.get("/readyz")
            #expect(ready.status == 503 && "\(ready)".contains("is full"), "\(ready)")
            #expect(try await http.get("/api/bus").status == 200, "reading goes on")
            try filler.remove()
            try await full.logged("that it continues") {
              $0.message.hasPrefix("writing continues")
            }
            try await load.progress(10)
          }
          #expect(deployment.history(service).count == 1, "it was never started again")
          try await deployment.check(demand)
          try await deployment.stop(service)
        }
      }
    }

    @Test
    func `a command meets a full disk, and a start waits for space`() async throws {
      try await withDeployment { deployment in
        let folder = deployment.stateFolder(.alpha)
        try await withMount("-t", "tmpfs", "-o", "size=8m,mode=750", "ev", on: folder) {
          let alpha = try await deployment.start(
            .alpha, ["--alpha-http-patience", "1", "--alpha-disk-reserve", "0"])
          let http = try await alpha.http
          let first = try await http.get("/api/settings")
          let filler = try Filler(folder)
          var answer = first
          // Free space in reused pages is soon used up.
          for amount in 1...2000 where answer.status < 500 {
            answer = try await http.put(
              "/api/settings", settings(fee: Int64(amount), discount: 1),
              headers: ["If-Match": answer.header("ETag") ?? ""])
          }
          #expect(answer.status == 503, "\(answer)")
          #expect(answer.header("Retry-After") != nil)
          #expect(answer.json["type"].string == "urn:eventually:problem:disk-full")
          #expect(answer.json["remedy"].string?.contains("Make space") == true)
          #expect(try await http.get("/api/settings").status == 200)
          try await deployment[.alpha].kill()
          let again = try deployment.launch(.alpha)
          try await again.logged("that the start waits") {
            $0.message.hasPrefix("the start waits: ")
          }
          try filler.remove()
          try await again.ready()
          try await deployment.stop(.alpha)
        }
      }
    }

    @Test
    func `an idle daemon reports little space early, then its reserve, and that there is space`()
      async throws
    {
      try await withDeployment { deployment in
        let folder = deployment.stateFolder(.alpha)
        try await withMount("-t", "tmpfs", "-o", "size=64m,mode=750", "ev", on: folder) {
          let alpha = try await deployment.start(.alpha)
          let http = try await alpha.http
          let filler = try Filler(folder, leaving: 10 << 20)
          let low = try await alpha.logged("little space") { $0.action == "disk-space-low" }
          #expect(low.level == "warning" && low.message.contains(folder), "\(low)")
          let ready = try await http.get("/readyz")
          #expect(ready.status == 200)
          #expect("\(ready.json["attention"])".contains("MiB left"), "\(ready)")
          let said = try await deployment.eventually("status", http.base)
          #expect(said.text.contains("MiB left"), "\(said.text)")
          let metrics = String(decoding: try await http.get("/metrics").body, as: UTF8.self)
          for name in ["free", "warning", "reserve"] {
            #expect(metrics.contains("\neventually_disk_\(name)_bytes "))
          }

          let rest = try Filler(folder, "rest")
          try await alpha.logged("its reserve") { $0.action == "disk-nearly-full" }
          #expect(try await http.get("/readyz").status == 200)
          #expect(try await http.get("/api/settings").status == 200, "reading goes on")
          try rest.remove()
          try filler.remove()
          try await alpha.logged("that there is space") { $0.action == "disk-has-space" }
          #expect(try await http.get("/readyz").json["attention"].isNull)
          try await deployment.stop(.alpha)
        }
      }
    }

    @Test
    func `a first start on a full disk waits for space`() async throws {
      try await withDeployment { deployment in
        let folder = deployment.stateFolder(.alpha)
        try await withMount("-t", "tmpfs", "-o", "size=8m,mode=750", "ev", on: folder) {
          let filler = try Filler(folder)
          let alpha = try deployment.launch(.alpha)
          let line = try await alpha.logged("that the start waits") {
            $0.action == "start-waits"
          }
          #expect(line.message.contains("full") && line.message.contains("space"), "\(line)")
          try filler.remove()
          try await alpha.ready()
          try await changeSettings(7, at: try await alpha.http)
          try await deployment.stop(.alpha)
        }
      }
    }

    @Test
    func `a daemon refuses a state folder that is read-only, names it, and loses nothing`()
      async throws
    {
      try await withDeployment { deployment in
        try await deployment.start(all: ServiceName.allCases)
        let demand = try await deployment.underLoad { load in
          for service in ServiceName.allCases {
            try await load.progress(5)
            try await deployment.stop(service)
            let folder = deployment.stateFolder(service)
            try await withMount("--bind", folder, on: folder) {
              try await command("mount", "-o", "remount,bind,ro", folder)
              try await deployment.launch(service).expectRefusal(says: folder, "Read-only")
            }
            try await deployment.start(service)
          }
        }
        try await deployment.check(demand)
      }
    }
  }
}

/// A file that takes all the space there is.
struct Filler {
  private let path: String

  /// - Parameters:
  ///   - folder: a folder on the disk.
  ///   - name: the name of the file.
  ///   - rest: how many bytes are left.
  init(_ folder: String, _ name: String = "filler", leaving rest: Int = 0) throws {
    path = "\(folder)/\(name)"
    let file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw SystemFailure(path, errno) }
    defer { close(file) }
    var size = 1 << 20
    let bytes = [UInt8](repeating: 1, count: size)
    while size > 0, try Self.free(folder) >= rest + size || rest == 0 {
      if write(file, bytes, size) < 0 { size /= 2 }
    }
  }

  private static func free(_ folder: String) throws -> Int {
    var disk = statvfs()
    guard statvfs(folder, &disk) == 0 else { throw SystemFailure(folder, errno) }
    return Int(disk.f_bavail) * Int(disk.f_frsize)
  }

  func remove() throws {
    try FileManager.default.removeItem(atPath: path)
  }
}
