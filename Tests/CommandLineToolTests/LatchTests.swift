import Testing

@testable import CommandLineTool

@Suite("A latch", .timeLimit(.minutes(1)))
struct LatchTests {
  @Test("A waiting task continues when it opens, and a later task does not wait")
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
