// The process of Delta: everything that it is stands in the room of the same name.

import Daemon
import Delta

prepareProcess()
await DeltaRoom.main()
