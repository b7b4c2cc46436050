import Testing

@testable import ZeroMQ

@Suite("The watch over the heap", .timeLimit(.minutes(1)))
struct HeapWatchTests {
  @Test("Busy connections are cut first, then all, and all each second until the heap is small")
  func cutsInSteps() {
    var watch = HeapWatch(limit: 100)
    #expect(watch.measured(100) == .nothing)
    #expect(watch.measured(101) == .cutBusy)
    #expect(watch.measured(300) == .cutAll)
    for _ in 0..<5 {
      for _ in 0..<9 { #expect(watch.measured(300) == .nothing) }
      #expect(watch.measured(300) == .cutAll)
    }
    #expect(watch.measured(0) == .nothing)
    #expect(watch.measured(101) == .cutBusy)
    #expect(watch.measured(50) == .nothing)
    #expect(watch.measured(101) == .cutBusy)
  }

  @Test("High waters are made from bytes, and are never without a limit")
  func derivesHighWaters() {
    var settings = SocketSettings()
    #expect(settings.sendHighWater == 1_024)
    settings.sendQueueBytes = 10
    settings.receiveMessageBytes = 0
    settings.receiveQueueBytes = 7
    #expect(settings.sendHighWater == 1)
    #expect(settings.receiveHighWater == 7)
  }
}
