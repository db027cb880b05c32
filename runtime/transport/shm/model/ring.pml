/* The protocol of a shm ring, for spin: one writer, one reader, their flags and bells.
 *
 * Checked: the reader gets the bytes 1, 2, 3 .. in order (no overrun, nothing read twice or before it
 * was written), nobody sleeps for ever while the other waits for him (no lost wake-up, no deadlock), and
 * the reader's word for "nothing here" stands wherever it looks.
 *
 * Stores are buffered as on x86: each end's stores reach memory in order, and later than its own loads,
 * until a fence. That is what the fences are for; take one away (-DNO_FENCE_WRITE, -DNO_FENCE_SLEEP,
 * -DNO_FENCE_ROOM, -DNO_FENCE_PUBLISH) and spin finds the wake-up that is lost: `check` tries each.
 *
 * The 0 behind the next record may be laid ahead of time; with -DPREPARE_TOO_EARLY even where the reader may
 * still be: `check` tries it, too.
 *
 * What the real thing has and this has not: sizes of records (one slot is one line), the death of an end.
 */
#define SLOTS 3          /* one stays free for the 0 behind the last record */
#define BYTES 5          /* how many the writer writes; small numbers find all there is to find */

byte slot[SLOTS];        /* 0: nothing; else the byte that was written there */
byte consumed;           /* how far the reader says it is; modulo 16 */
bit sleeping, wants_room;

/* Bells: eventfds. */
bit reader_bell, writer_bell;

/* One store buffer for each end, of (variable, value). An entry leaves it at any time, oldest first. */
mtype = { slot0, slot1, slot2, told, sleeps, waits };
chan writer_stores = [4] of { mtype, byte };
chan reader_stores = [4] of { mtype, byte };

inline apply(what, value) {
  if
  :: what == slot0 -> slot[0] = value
  :: what == slot1 -> slot[1] = value
  :: what == slot2 -> slot[2] = value
  :: what == told -> consumed = value
  :: what == sleeps -> sleeping = value
  :: what == waits -> wants_room = value
  fi
}

inline name_of(index, name) {
  if
  :: index == 0 -> name = slot0
  :: index == 1 -> name = slot1
  :: index == 2 -> name = slot2
  fi
}

active proctype WriterMemory() {
  mtype what;
  byte value;
end:
  do
  :: atomic { writer_stores ? what, value -> apply(what, value) }
  od
}

active proctype ReaderMemory() {
  mtype what;
  byte value;
end:
  do
  :: atomic { reader_stores ? what, value -> apply(what, value) }
  od
}

active proctype Writer() {
  byte position = 0;     /* of the next record */
  byte known = 0;        /* the reader is at least here */
  byte next = 1;         /* the byte to write */
  byte zeroed = 0;       /* the 0 was laid here ahead of time, if this is beyond the position */
  mtype name;
  do
  :: next > BYTES -> break
  :: else ->
    /* Room for the record and the 0 behind it? */
    if
    :: position - known >= SLOTS - 1 -> known = consumed
    :: else
    fi;
    assert(position >= known);
    if
    :: position - known >= SLOTS - 1 ->
      writer_stores ! waits, 1;
#ifndef NO_FENCE_ROOM
      empty(writer_stores);
#endif
      known = consumed;
      if
      :: position - known >= SLOTS - 1 ->
        writer_bell == 1;              /* sleeps */
        writer_bell = 0
      :: else -> writer_stores ! waits, 0
      fi
    :: else ->
      if
      :: zeroed == position + 1
      :: else -> atomic { name_of((position + 1) % SLOTS, name); writer_stores ! name, 0 }
      fi;
      atomic { name_of(position % SLOTS, name); writer_stores ! name, next };
      position++;
      next++;
#ifndef NO_FENCE_WRITE
      empty(writer_stores);
#endif
      if
      :: sleeping == 1 ->
        /* An exchange is a fence. */
        empty(writer_stores);
        atomic {
          if
          :: sleeping == 1 -> sleeping = 0; reader_bell = 1
          :: else
          fi
        }
      :: else
      fi;
      /* Prepares the next write, or has no reason to. */
      if
#ifdef PREPARE_TOO_EARLY
      :: true ->
#else
      :: position + 2 - known <= SLOTS ->
#endif
        zeroed = position + 1;
        atomic { name_of(zeroed % SLOTS, name); writer_stores ! name, 0 }
      :: skip
      fi
    fi
  od
}

/* The reader tells how far it is, and wakes a writer that waits for it. */
inline publish() {
  if
  :: published != at ->
    published = at;
    reader_stores ! told, at;
#ifndef NO_FENCE_PUBLISH
    empty(reader_stores);
#endif
    if
    :: wants_room == 1 ->
      empty(reader_stores);
      atomic {
        if
        :: wants_room == 1 -> wants_room = 0; writer_bell = 1
        :: else
        fi
      }
    :: else
    fi
  :: else
  fi
}

active proctype Reader() {
  byte at = 0;
  byte published = 0;
  byte expected = 1;
  do
  :: expected > BYTES -> break
  :: else ->
    if
    :: slot[at % SLOTS] != 0 ->
      assert(slot[at % SLOTS] == expected);
      expected++;
      at++;
      /* Told now, or later: any time is right, as long as it is before it sleeps. */
      if
      :: publish()
      :: skip
      fi
    :: else ->
      publish();
      reader_stores ! sleeps, 1;
#ifndef NO_FENCE_SLEEP
      empty(reader_stores);
#endif
      if
      :: slot[at % SLOTS] == 0 ->
        reader_bell == 1;              /* sleeps */
        reader_bell = 0
      :: else -> reader_stores ! sleeps, 0
      fi
    fi
  od;
  publish()
}
