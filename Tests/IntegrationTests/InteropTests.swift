import Foundation
import Glibc
import Testing

extension Stories {
  /// A service of another team, in another language: `Tests/Interop/settings_follower.py`, which is
  /// written from the page “Write a follower in any language” alone.
  @Suite(
    "Interop", .serialized, .timeLimit(.minutes(2)),
    .enabled(if: Interop.isInstalled, Interop.remedy))
  struct ForeignFollower {
    @Test
    func `a follower in Python has every version once, whichever side is killed in the middle`()
      async throws
    {
      try await withDeployment(environment: .withCopyist) { deployment in
        try deployment.launch(.alpha)
        try await withCopyist(in: deployment) { copyist in
          for _ in 1...3 {
            let first = try await deployment.http(.alpha)
            async let lost: Void = changeSettings(500, at: first)
            try await copyist.takes(more: 20)
            try await deployment[.alpha].kill()
            try? await lost

            let second = try await deployment.launch(.alpha).http
            async let changes: Void = changeSettings(100, at: second)
            try await copyist.takes(more: 20)
            try await copyist.startAgain()
            try await changes
          }
          // A version that it certainly takes after its last start, and so prints.
          let alpha = try await deployment.http(.alpha)
          try await changeSettings(1, at: alpha)
          try await copyist.takesSettingsInForce(at: alpha)
          let versions = try await copyist.checkCopy(with: alpha)
          #expect(versions == Array(1000..<1000 + Int64(versions.count)))
          #expect(copyist.printed == Set(copyist.printed).sorted(), "none is taken twice")
          try await copyist.isAcknowledged(at: alpha)
        }
      }
    }

    @Test
    func `one that starts late fetches a long log in pieces`() async throws {
      try await withDeployment(environment: .withCopyist) { deployment in
        let alpha = try await deployment.launch(.alpha).http
        try await changeSettings(1100, byManyAt: alpha)
        try await withCopyist(in: deployment) { copyist in
          try await copyist.takes(version: 2100)
          #expect(try await copyist.checkCopy(with: alpha) == Array(1000...2100))
          #expect(copyist.printed == Array(1000...2100))
        }
      }
    }

    @Test
    func `one that stands still misses what does not wait for it, and fetches that`() async throws {
      try await withDeployment(environment: .withCopyist) { deployment in
        let alpha = try await deployment.launch(.alpha).http
        try await withCopyist(in: deployment) { copyist in
          try await copyist.takes(version: 1000)
          copyist.child.signal(SIGSTOP)
          // Alpha keeps about 2,000 messages for it, and drops the others.
          try await changeSettings(4500, byManyAt: alpha)
          copyist.child.signal(SIGCONT)
          try await copyist.takes(version: 5500)
          #expect(try await copyist.checkCopy(with: alpha) == Array(1000...5500))
        }
      }
    }

    @Test
    func `one that is stopped while its publisher is killed receives nothing of the next process`()
      async throws
    {
      try await withDeployment(environment: .withCopyist) { deployment in
        let first = try await deployment.launch(.alpha).http
        try await withCopyist(in: deployment) { copyist in
          try await copyist.takes(version: 1000)
          copyist.child.signal(SIGSTOP)
          try await changeSettings(50, at: first)
          try await deployment[.alpha].kill()
          let second = try await deployment.launch(.alpha).http
          // It cannot connect meanwhile, so these reach no subscriber.
          try await changeSettings(50, at: second)
          copyist.child.signal(SIGCONT)
          try await copyist.takes(version: 1100)
          #expect(try await copyist.checkCopy(with: second) == Array(1000...1100))
        }
      }
    }

    @Test
    func `one that meets another history exits with 1 and a reason, and leaves its copy unchanged`()
      async throws
    {
      try await withDeployment(environment: .withCopyist) { deployment in
        let first = try await deployment.launch(.alpha).http
        try await withCopyist(in: deployment) { copyist in
          try await changeSettings(2, at: first)
          try await deployment.backUpAlpha()
          try await changeSettings(3, at: first)
          try await copyist.takes(version: 1005)
          try await deployment[.alpha].kill()

          try await deployment.restoreAlpha()
          let restored = try await deployment.launch(.alpha).http
          try await copyist.refuses("diverged: the ")
          let copy = try copyist.copy()
          #expect(copy.count == 6)

          try await changeSettings(5, at: restored)
          try await copyist.startAgain()
          try await copyist.refuses("diverged: the ")

          try await deployment.stop(.alpha)
          try FileManager.default.removeItem(atPath: deployment.stateFolder(.alpha))
          let another = try await deployment.launch(.alpha).http
          try await changeSettings(8, at: another)
          try await copyist.startAgain()
          try await copyist.refuses("epoch: the ")
          #expect(try copyist.copy() == copy)
        }
      }
    }

    @Test
    func `one that has nothing beyond the fork goes on by itself after a restore`() async throws {
      try await withDeployment(environment: .withCopyist) { deployment in
        let first = try await deployment.launch(.alpha).http
        try await withCopyist(in: deployment) { copyist in
          try await changeSettings(3, at: first)
          try await copyist.takes(version: 1003)
          try await deployment.backUpAlpha()
          try await deployment[.alpha].kill()
          try await deployment.restoreAlpha()

          let alpha = try await deployment.launch(.alpha).http
          try await changeSettings(3, at: alpha)
          try await copyist.takesSettingsInForce(at: alpha)
          // Alpha publishes its settings again, under a version above any that it can have
          // published.
          #expect(try await copyist.checkCopy(with: alpha).count == 8)
        }
      }
    }

    @Test
    func `one that misses a number asks for it, and stops before a version that it may not read`()
      async throws
    {
      try await withDeployment(environment: .withCopyist) { deployment in
        try await withForgedAlpha(in: deployment) { alpha in
          try await alpha.publish(["version": 1])
          try await withCopyist(in: deployment) { copyist in
            try await alpha.hasSubscriber()
            _ = try await alpha.questions.first(within: .seconds(20)) { $0["after"] == 1 }
            let asked = alpha.questions.all.count
            try await alpha.publish(["version": 2])
            try await copyist.takes(version: 2)
            #expect(alpha.questions.all.count == asked, "a live event is not requested")

            try await alpha.publish(["version": 3], isLost: true)
            try await alpha.publish(["version": 4])
            try await copyist.takes(version: 4)
            #expect(alpha.questions.all.dropFirst(asked).first?["after"] == 2)

            try await alpha.publish([:], as: "order.novel", version: 7, leastReader: 7)
            try await alpha.publish(["version": 5, "novel": true], version: 2)
            try await copyist.takes(version: 5)
            try await alpha.publish(["version": 6], version: 2, leastReader: 2)
            for _ in 1...2 {
              try await copyist.refuses("event 7 is for readers of version 2 and above")
              #expect(try copyist.copy().keys.sorted() == Array(1...5))
              #expect(copyist.printed == Array(1...5))
              try await copyist.startAgain()
            }
          }
        }
      }
    }
  }
}
