package io.polycall;

import com.google.protobuf.DescriptorProtos.FileDescriptorSet;
import com.google.protobuf.Descriptors.FileDescriptor;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

/** One service, as in the {@code .proto}. Immutable; made by generated code. */
public final class ServiceDescriptor {
  final String name;
  final long fingerprint;
  final Supplier<FileDescriptor> file;
  final List<MethodDescriptor<?, ?>> methods;

  private ServiceDescriptor(
      String name,
      long fingerprint,
      Supplier<FileDescriptor> file,
      List<MethodDescriptor<?, ?>> methods) {
    this.name = name;
    this.fingerprint = fingerprint;
    this.file = file;
    this.methods = methods;
  }

  /**
   * A service.
   *
   * @param name its full name, "calc.v1.Calc"
   * @param fingerprint a hash of its definition; 0: unknown
   * @param file gives the file that declares it, when the description service needs it; null: none
   * @param methods in the order of the {@code .proto}
   * @return a new descriptor
   */
  public static ServiceDescriptor of(
      String name,
      long fingerprint,
      Supplier<FileDescriptor> file,
      MethodDescriptor<?, ?>... methods) {
    return new ServiceDescriptor(name, fingerprint, file, List.of(methods));
  }

  /**
   * The full name.
   *
   * @return "calc.v1.Calc"
   */
  public String name() {
    return name;
  }

  /**
   * The methods.
   *
   * @return in the order of the {@code .proto}
   */
  public List<MethodDescriptor<?, ?>> methods() {
    return methods;
  }

  /** The service's file and all it imports, dependencies first, as a FileDescriptorSet. */
  byte[] files() {
    if (file == null) {
      return null;
    }
    Set<FileDescriptor> files = new LinkedHashSet<>();
    collect(file.get(), files);
    FileDescriptorSet.Builder set = FileDescriptorSet.newBuilder();
    for (FileDescriptor one : files) {
      set.addFile(one.toProto());
    }
    return set.build().toByteArray();
  }

  private static void collect(FileDescriptor file, Set<FileDescriptor> files) {
    for (FileDescriptor dependency : file.getDependencies()) {
      if (!files.contains(dependency)) {
        collect(dependency, files);
      }
    }
    files.add(file);
  }
}
