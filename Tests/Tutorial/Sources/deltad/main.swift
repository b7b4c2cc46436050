// The process of Delta, which is declared in the room of the same name.

import Daemon
import Delta

await DeltaRoom.main()
