package io.polycall;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/**
 * The native half: functions of bindings/java/jni.
 *
 * <p>Handles are pointers; {@link Handle} keeps them from being used after their end. Text is UTF-8 in
 * arrays of bytes, metadata an array of keys and values in turn, times are nanoseconds.
 */
final class Native {
  static {
    NativeLibrary.load();
  }

  private Native() {}

  // The process.
  static native byte[] version();

  static native int abiVersion();

  static native byte[] hosts();

  static native void logSet(int level, boolean toJava);

  static native boolean insideUpcall();

  // Messages and buffers.
  static native long messageType(byte[] name);

  static native Object messageContent(long message);

  static native void messageRelease(long message);

  static native long bufferNew(long size);

  static native ByteBuffer bufferBytes(long buffer);

  static native void bufferRelease(long buffer);

  static native long address(ByteBuffer direct);

  static native byte[][] takeStatus(long status);

  static native Object[] takeMetadata(long metadata);

  // Channels.
  static native long channelNew(
      byte[] target,
      long[] limits,
      long[] numbers,
      Object[] interceptors,
      Object[] transports,
      byte[] userAgent,
      Object[] tls,
      int tlsFlags);

  static native long channelPointer(long handle);

  static native void channelFree(long handle);

  static native long channelMethod(
      long handle,
      byte[] service,
      byte[] name,
      int kind,
      int flags,
      long timeout,
      byte[] request,
      byte[] response);

  static native int channelState(long handle);

  static native void channelWaitReady(long handle, long timeout);

  static native byte[] channelTransport(long handle);

  static native byte[] channelExplain(long handle);

  static native long channelPing(long handle, long timeout);

  // Unary calls: a message is (data, size) or (buffer, size) or (object, type).
  static native int unary(
      long channel,
      long method,
      long data,
      long size,
      long buffer,
      Object object,
      long requestType,
      long responseType,
      long timeout,
      int flags,
      long parent,
      Object[] metadata,
      long out,
      int capacity);

  static native long unaryAsync(
      long channel,
      long method,
      long data,
      long size,
      long buffer,
      Object object,
      long requestType,
      long responseType,
      long timeout,
      int flags,
      long parent,
      Object[] metadata,
      long id);

  // Calls.
  static native long callStart(
      long channel,
      long method,
      long responseType,
      long timeout,
      int flags,
      long parent,
      Object[] metadata);

  static native void callRetain(long call);

  static native void callRelease(long call);

  static native void callCancel(long call, int code, byte[] message);

  static native int callSend(
      long call, long data, long size, long buffer, Object object, long type, int flags, long out);

  static native void callSendAsync(
      long call, long data, long size, long buffer, Object object, long type, int flags, long id);

  static native int callReceive(long call, long out, int capacity);

  static native void callReceiveAsync(long call, long id);

  static native void callHalfClose(long call);

  static native int callWait(long call, long out);

  static native void callWaitAsync(long call, long id);

  static native Object[] callInitialMetadata(long call);

  static native Object[] callTrailingMetadata(long call);

  static native long callTimeLeft(long call);

  static native byte[] callTransport(long call);

  static native byte[] callPeer(long call);

  static native Object[] callIdentity(long call);

  static native byte[] callService(long call);

  static native byte[] callMethod(long call);

  static native int callKind(long call);

  // The handler's side.
  static native Object[] callMetadata(long call);

  static native void callSendInitialMetadata(long call, Object[] metadata);

  static native void callSetTrailingMetadata(long call, Object[] metadata);

  static native boolean callIsCancelled(long call);

  static native void callOnCancel(long call, long id);

  static native void callFinish(
      long call,
      long data,
      long size,
      long buffer,
      Object object,
      long type,
      boolean withResponse);

  static native void callFail(long call, int code, byte[] message, byte[] details);

  static native void callFailWithoutMemory(long call);

  static native long callSetCurrent(long call);

  // Servers.
  static native long serverNew(
      long[] limits,
      int maxThreads,
      int flags,
      Object[] interceptors,
      byte[] name,
      Object[] transports,
      Object[] tls,
      int tlsFlags);

  static native long serverBorrow(long server);

  static native void serverAddService(
      long handle,
      byte[] name,
      Object[] methodNames,
      Object[] requestNames,
      Object[] responseNames,
      long[] kinds,
      long[] flags,
      long[] timeouts,
      byte[] files,
      long fingerprint,
      Object[] handlers,
      long[] types,
      long[] asynchronous);

  static native void serverLoad(long handle, byte[] language, byte[] module, Object[] arguments);

  static native void serverAllow(long handle, byte[] service, Object[] identities);

  static native byte[] serverListen(long handle, byte[] target);

  static native void serverStart(long handle);

  static native void serverShutdown(long handle, long grace);

  static native int serverWait(long handle, long timeout);

  static native int serverRunWorker(long handle, long timeout);

  static native void serverFree(long handle);

  static native void serverSetServing(long handle, byte[] service, boolean serving);

  static native long[] serverStats(long handle);

  // What both halves agree on.

  static byte[] utf8(String text) {
    return text == null ? null : text.getBytes(StandardCharsets.UTF_8);
  }

  /** "" for null. */
  static String text(byte[] utf8) {
    return utf8 == null ? "" : new String(utf8, StandardCharsets.UTF_8);
  }

  /** As nanoseconds, at most 292 years. */
  static long nanos(Duration duration) {
    try {
      return duration.toNanos();
    } catch (ArithmeticException tooLong) {
      return duration.isNegative() ? Long.MIN_VALUE : Long.MAX_VALUE;
    }
  }
}
