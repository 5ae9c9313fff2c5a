export declare function opening(hostCanary: string): string | null;
