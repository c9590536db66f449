import { type SubmitEvent, useId, useState } from "react";
import { type Answer, type Problem, call } from "./api";

interface Field {
  name: string;
  label: string;
  type?: string;
  autoComplete?: string;
}

interface Props {
  path: string;
  fields: Field[];
  action: string;
  /** Called with every answer that is not a problem with the form. */
  onAnswer: (answer: Answer) => void;
}

/** Sends its fields to an endpoint, and shows the problems that the API reports beside their fields. */
export function Form({ path, fields, action, onAnswer }: Props) {
  const [problems, setProblems] = useState<Problem[]>([]);
  const [isBusy, setBusy] = useState(false);
  const id = useId();

  async function send(event: SubmitEvent<HTMLFormElement>) {
    event.preventDefault();
    setBusy(true);
    const values = Object.fromEntries(new FormData(event.currentTarget));
    const answer = await call("POST", path, values).catch((): Answer => ({
      status: 0,
      errors: [{ code: "network", message: "The service does not answer. Try again." }],
    }));
    setBusy(false);
    setProblems(answer.errors ?? []);
    if (!answer.errors) onAnswer(answer);
  }

  const isOf = (problem: Problem, name: string) => problem.param === name;
  const general = problems.filter((problem) => !fields.some((field) => isOf(problem, field.name)));

  return (
    <form onSubmit={(event) => void send(event)} noValidate>
      <Messages problems={general} />
      {fields.map(({ label, ...field }) => {
        const own = problems.filter((problem) => isOf(problem, field.name));
        const [input, messages] = [`${id}-${field.name}`, `${id}-${field.name}-messages`];
        return (
          <div key={field.name}>
            <label htmlFor={input}>{label}</label>
            <input id={input} required aria-invalid={own.length > 0} aria-describedby={messages} {...field} />
            <div id={messages}>
              <Messages problems={own} />
            </div>
          </div>
        );
      })}
      <button disabled={isBusy}>{action}</button>
    </form>
  );
}

function Messages({ problems }: { problems: Problem[] }) {
  return problems.map((problem) => (
    <p role="alert" key={problem.code}>
      {problem.message}
    </p>
  ));
}
