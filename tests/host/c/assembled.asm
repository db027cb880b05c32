; Functions for assembled.proto, by the calling convention of x86-64 (System V).
        default rel
        global  hypotenuse:function
        global  count_ones                      ; its type left open
        section .text

; double hypotenuse(double a, double b)
hypotenuse:
        mulsd   xmm0, xmm0
        mulsd   xmm1, xmm1
        addsd   xmm0, xmm1
        sqrtsd  xmm0, xmm0
        ret

; uint32_t count_ones(uint64_t bits, bool inverted)
count_ones:
        movzx   eax, sil
        neg     rax                             ; all ones if inverted
        xor     rdi, rax
        xor     eax, eax
.next:  test    rdi, rdi
        jz      .done
        lea     rdx, [rdi - 1]
        and     rdi, rdx                        ; the lowest one goes
        inc     eax
        jmp     .next
.done:  ret

        section .note.GNU-stack noalloc noexec nowrite progbits
