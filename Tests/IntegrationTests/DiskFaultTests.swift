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
    func `a daemon whose disk is full ends, and goes on when there is space, with nothing lost`(
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
            #expect(try await full.child.ending() == .exited(1))
            let last = try #require(full.lines.last)
            #expect(last.level == "critical")
            #expect(last.message.contains("full") && last.message.contains("space"), "\(last)")

            // It may be started before somebody has made space, by systemd for example: what it is
            // out of may be there again the next time, so it does not say that it must be mended.
            let early = try deployment.launch(service)
            #expect(try await early.child.ending() == .exited(1), "\(early.lines)")
            try filler.remove()
            try await deployment.start(service)
            try await load.progress(10)
          }
          try await deployment.check(demand)
          try await deployment.stop(service)
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
private struct Filler {
  private let path: String

  init(_ folder: String) throws {
    path = folder + "/filler"
    let file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw SystemFailure(path, errno) }
    defer { close(file) }
    var size = 1 << 20
    let bytes = [UInt8](repeating: 1, count: size)
    while size > 0 {
      if write(file, bytes, size) < 0 { size /= 2 }
    }
  }

  func remove() throws {
    try FileManager.default.removeItem(atPath: path)
  }
}
