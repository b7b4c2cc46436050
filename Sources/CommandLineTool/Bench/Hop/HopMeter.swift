/// Measures a producer and a consumer from now on.
struct HopMeter: Sendable {
  private let producer: BenchProcess
  private let consumer: BenchProcess
  private let events: Int
  private let flushes = DiskFlushes.now
  private let producerSeconds: Double
  private let consumerSeconds: Double

  init(_ producer: BenchProcess, consumer: BenchProcess, events: Int) throws {
    self.producer = producer
    self.consumer = consumer
    self.events = events
    producerSeconds = try producer.clock.seconds
    consumerSeconds = try consumer.clock.seconds
  }

  private var thousands: Double { Double(events) / 1000 }

  /// The CPU time since the start.
  var cpu: HopReport.CPU {
    get throws {
      let producer = try producer.clock.seconds - producerSeconds
      let consumer = try consumer.clock.seconds - consumerSeconds
      return HopReport.CPU(
        producer: (producer * 1000 / thousands).inThousandths,
        consumer: (consumer * 1000 / thousands).inThousandths)
    }
  }

  /// The flushes since the start.
  var flushesPerThousand: Double {
    (Double(DiskFlushes.now - flushes) / thousands).inThousandths
  }

  func eventsPerSecond(from start: UInt64, to end: UInt64) -> Double {
    end > start ? (Double(events) * 1e9 / Double(end - start)).inThousandths : 0
  }
}
