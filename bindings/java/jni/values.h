// Strings, statuses and metadata, between Java and the ABI.
//
// Text crosses as arrays of UTF-8 bytes, because JNI's own strings are not UTF-8; metadata as an array
// that alternates keys and values, all of them arrays of bytes.
#ifndef POLYCALL_JAVA_VALUES_H_
#define POLYCALL_JAVA_VALUES_H_

#include <jni.h>
#include <polycall/polycall.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace polycall_java {

std::string TextFromJava(JNIEnv* env, jbyteArray bytes);  // null: ""
std::vector<std::string> TextsFromJava(JNIEnv* env, jobjectArray texts);
std::vector<jlong> LongsFromJava(JNIEnv* env, jlongArray longs);

// Null, with an exception pending, when memory ran out.
jbyteArray BytesToJava(JNIEnv* env, const void* data, size_t size);
jbyteArray TextToJava(JNIEnv* env, const char* text);  // null for null

// Throws the StatusException for `status`, which stays the caller's.
void Throw(JNIEnv* env, const polycall_status& status);
void Throw(JNIEnv* env, polycall_code code, const char* message);

// Makes `status` (cleared or fresh) say what the pending exception means, and clears that.
void TakeException(JNIEnv* env, polycall_status* status);

// What Java made of a status: code, message, details.
void StatusFromJava(JNIEnv* env, jint code, jbyteArray message, jbyteArray details,
                    polycall_status* status);

struct MetadataFree {
  void operator()(polycall_metadata* metadata) const { polycall_metadata_free(metadata); }
};
using MetadataPtr = std::unique_ptr<polycall_metadata, MetadataFree>;

// Adds the entries of a Java array from index `from` on. False with a StatusException pending.
bool AddMetadata(JNIEnv* env, jobjectArray entries, jsize from, polycall_metadata* metadata);

// Null for none (or with an exception pending, when memory ran out).
jobjectArray MetadataToJava(JNIEnv* env, const polycall_metadata* metadata);

}  // namespace polycall_java

#endif  // POLYCALL_JAVA_VALUES_H_
