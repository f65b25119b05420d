/**
 * What lies over a page: the drawer, the dialog, the sheet under a button. Esc closes each, from the
 * moment in which it is seen: hence layout effects, since the others come a frame later or more.
 */
import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { Icon } from "./icon.tsx";

/** A panel at the right. The focus goes into it, and back where it was when it closes. */
export function Drawer(props: {
  title: ComponentChildren;
  label: string;
  onClose(): void;
  children: ComponentChildren;
}) {
  const box = useRef<HTMLElement>(null);
  const close = useRef(props.onClose);
  close.current = props.onClose;
  useLayoutEffect(() => {
    const before = document.activeElement as HTMLElement | null;
    box.current?.focus();
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== "Escape" || document.querySelector("dialog[open]")) return;
      event.preventDefault();
      close.current();
    };
    addEventListener("keydown", onKey);
    return () => {
      removeEventListener("keydown", onKey);
      before?.focus?.();
    };
  }, []);
  return (
    <aside class="drawer" ref={box} tabIndex={-1} aria-label={props.label}>
      <header>
        <h2 class="grow clip">{props.title}</h2>
        <button type="button" class="button plain" onClick={props.onClose} aria-label="Close">
          <Icon name="close" />
        </button>
      </header>
      <div class="body" tabIndex={0} role="region" aria-label={`${props.label}: details`}>
        {props.children}
      </div>
    </aside>
  );
}

/**
 * A modal dialog; the browser keeps the focus in it, closes it on Esc, and gives the focus back to
 * what had it.
 */
export function Dialog(props: { label: string; onClose(): void; children: ComponentChildren }) {
  const box = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => box.current?.showModal(), []);
  return (
    <dialog ref={box} aria-label={props.label} onClose={props.onClose}>
      {props.children}
    </dialog>
  );
}

/** A button with a sheet of choices under it. */
export function Popover(props: {
  button: ComponentChildren;
  label: string;
  left?: boolean;
  class?: string;
  children: (close: () => void) => ComponentChildren;
}) {
  const [open, setOpen] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    if (!open) return;
    const onDown = (event: Event) => {
      if (!box.current?.contains(event.target as Node)) setOpen(false);
    };
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      setOpen(false);
      box.current?.querySelector("button")?.focus();
    };
    addEventListener("pointerdown", onDown);
    addEventListener("keydown", onKey, true);
    return () => {
      removeEventListener("pointerdown", onDown);
      removeEventListener("keydown", onKey, true);
    };
  }, [open]);
  return (
    <div class="popover" ref={box}>
      <button
        type="button"
        class={`button ${props.class ?? ""}`}
        aria-expanded={open}
        aria-label={props.label}
        onClick={() => setOpen(!open)}
      >
        {props.button}
      </button>
      {open && (
        <div class={`sheet ${props.left ? "left" : ""}`} role="group" aria-label={props.label}>
          {props.children(() =>
            setOpen(false)
          )}
        </div>
      )}
    </div>
  );
}
