/*
 * System calls without a libc.  Each returns what the kernel does: a negative errno on
 * failure.
 */
#ifndef GAOL_KEEPER_CALL_H
#define GAOL_KEEPER_CALL_H

#if defined(__x86_64__)

/* The stack holds argc and argv; nothing else has been set up. */
#define CALL_START(main)                  \
	__asm__(".globl _start\n"         \
		"_start:\n"               \
		"	xor %ebp, %ebp\n"       \
		"	mov %rsp, %rdi\n"       \
		"	and $-16, %rsp\n"       \
		"	call " #main "\n" \
		"	hlt\n")

static inline long
call5(long n, long a, long b, long c, long d, long e)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(n), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8)
			 : "rcx", "r11", "memory");
	return ret;
}

#elif defined(__aarch64__)

#define CALL_START(main)                \
	__asm__(".globl _start\n"       \
		"_start:\n"             \
		"	mov x29, #0\n"        \
		"	mov x30, #0\n"        \
		"	mov x0, sp\n"         \
		"	and sp, x0, #-16\n"   \
		"	bl " #main "\n" \
		"	brk #0\n")

static inline long
call5(long n, long a, long b, long c, long d, long e)
{
	register long x8 __asm__("x8") = n;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;

	__asm__ volatile("svc #0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4)
			 : "memory");
	return x0;
}

#else
#error "the keeper has no system call sequence for this machine"
#endif

#define call4(n, a, b, c, d) call5(n, a, b, c, d, 0)
#define call3(n, a, b, c) call5(n, a, b, c, 0, 0)
#define call2(n, a, b) call5(n, a, b, 0, 0, 0)
#define call1(n, a) call5(n, a, 0, 0, 0, 0)

#endif
