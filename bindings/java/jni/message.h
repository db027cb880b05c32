// Messages between Java and the ABI.
//
// A message that goes in is bytes at an address (of a direct buffer, or of a polycall_buffer), or,
// within the process, the Java object itself. One that comes out lands in a caller's direct buffer
// when it is small, and else is held natively until Java has read it.
#ifndef POLYCALL_JAVA_MESSAGE_H_
#define POLYCALL_JAVA_MESSAGE_H_

#include <jni.h>
#include <polycall/polycall.h>

#include <cstdint>

namespace polycall_java {

// The head of the direct buffer that takes a function's results; `data` follows it. Java reads it by
// the offsets of io.polycall.Scratch.
struct Out {
  int64_t size;      // of the message in `data`; kHeld, kEnd
  int64_t message;   // kHeld: a polycall_message that Java releases
  int64_t status;    // a polycall_status that Java takes; 0: OK, nothing to take
  int64_t initial;   // polycall_metadata that Java takes; 0: none
  int64_t trailing;  // the same
  int64_t encoded;   // 1: an object that was offered had to be encoded
  int64_t reserved[2];

  char* data() { return reinterpret_cast<char*>(this) + sizeof(Out); }
};
static_assert(sizeof(Out) == 64, "io.polycall.Scratch.HEADER");

constexpr jint kEnd = -1;     // there is no message
constexpr jint kHeld = -2;    // it is held natively, or `large` is a ByteBuffer of it
constexpr jint kObject = -3;  // `large` is the message itself

// Moves `message` to `out`, whose data has `capacity` bytes. Returns out->size.
jint Deliver(polycall_message* message, Out* out, jint capacity);

// The same for an upcall: bytes go to `data`, or else *large is a new local reference. The message
// must outlive what Java makes of *large.
jint DeliverToUpcall(JNIEnv* env, const polycall_message& message, char* data, jint capacity,
                     jobject* large);

// Puts `status` into `out` if it is not OK, and makes it OK.
void DeliverStatus(polycall_status* status, Out* out);

// A message that Java hands in: `type` and `object` (which is made global for its lifetime), or bytes.
class Incoming {
 public:
  Incoming(JNIEnv* env, jlong data, jlong size, jlong buffer, jobject object, jlong type);
  Incoming(const Incoming&) = delete;
  Incoming& operator=(const Incoming&) = delete;
  ~Incoming();
  const polycall_message* get() const { return &message_; }

 private:
  JNIEnv* env_;
  polycall_message message_ = POLYCALL_MESSAGE_INIT;
};

// Whether one of this thread's objects was encoded since the last call of the function.
bool TakeEncoded();

}  // namespace polycall_java

#endif  // POLYCALL_JAVA_MESSAGE_H_
