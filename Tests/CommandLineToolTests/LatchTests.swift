import Testing

@testable import CommandLineTool

@Suite("A latch", .timeLimit(.minutes(1)))
struct LatchTests {
  @Test("Whoever waits goes on when it opens, and whoever comes later does not wait")
  func opens() async {
    let latch = Latch()
    await withTaskGroup(of: Void.self) { tasks in
      for _ in 1...10 { tasks.addTask { await latch.wait() } }
      tasks.addTask { latch.open() }
    }
    await latch.wait()
    #expect(latch.isOpen)
  }

  @Test("A cancelled task does not wait")
  func cancels() async {
    let latch = Latch()
    await withTaskGroup(of: Void.self) { tasks in
      tasks.addTask { await latch.wait() }
      tasks.cancelAll()
    }
    #expect(!latch.isOpen)
  }
}
